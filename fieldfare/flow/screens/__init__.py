"""What the console's screens ask and no command does: each screen's numbers in a few bounded reads. Sends nothing."""
