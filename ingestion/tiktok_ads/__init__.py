"""TikTok ads: the Business API v1.3, read into the archive and the raw tables of source `tiktok_ads`."""
