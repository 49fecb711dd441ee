"""Published cuts: the numbers that conditions on other people compare with, versioned, each exact until the next."""
