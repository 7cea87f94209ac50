"""Calculate publicity periods, money, floor areas and due dates."""
