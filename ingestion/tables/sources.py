"""The names of sources: in the archive, in the raw folder, in dlt's state and in dbt's sources."""

from __future__ import annotations

TIKTOK_SHOP = "tiktok_shop"
"""The Shop API."""
TIKTOK_ADS = "tiktok_ads"
"""The Business API."""
SELLER_CENTER = "seller_center"
"""Files that were downloaded by hand."""
FX_RATES = "fx_rates"
"""Exchange rates."""
