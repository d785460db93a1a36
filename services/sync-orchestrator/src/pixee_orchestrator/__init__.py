"""Plans jobs, rings routes, folds progress, keeps the catalog."""
