"""A TikTok Shop on your own machine: the API over HTTP (`server`), a seller's world behind it (`world`)."""
