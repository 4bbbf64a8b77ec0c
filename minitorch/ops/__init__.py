"""The operations, one file a family: for each its Function and, below, the function that users call."""
