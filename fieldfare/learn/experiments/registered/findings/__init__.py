"""What is found of a registered experiment, and how it is told: lines of text, plots, one page."""
