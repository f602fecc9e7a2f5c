"""The class file in the forms that other programs read."""
