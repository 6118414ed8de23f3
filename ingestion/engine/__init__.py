"""What all sources share: how pages come in, are kept, become typed rows and are loaded. Knows no source."""
