"""What other programs run or read that the class file alone cannot make."""
