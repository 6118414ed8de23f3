"""Reports that people download by hand from Seller Center, Affiliate Center and Ads Manager."""
