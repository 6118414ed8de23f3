"""What was published before: kept publications and their seals, values that changed, frozen months."""
