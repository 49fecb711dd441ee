"""What every room stands on: instants, clock, ids, errors, log, state, lake, workspace files. Knows no room above."""
