"""Loads raw data: TikTok Shop, exchange rates, and the sandbox in place of the platform. Never imports Dagster."""
