"""The soak test: syncs under seeded trouble, each compared with the sync that had none. `make soak`."""
