"""What the command lines and other programs call. Modules are imported by name: importing the package loads nothing heavy."""
