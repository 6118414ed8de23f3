"""TikTok Shop: the client, and one module per domain with its endpoints and row types."""
