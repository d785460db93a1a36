"""What pulls bring: staged pages are matched with the catalog, and what the shop changed is taken over, unless ours is newer."""
