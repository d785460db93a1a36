"""From outcomes to jobs: folds chunk counts into their jobs, and moves jobs to their next state."""
