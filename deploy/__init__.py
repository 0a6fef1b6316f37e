"""What installs, starts, supervises and checks the product on one machine."""
