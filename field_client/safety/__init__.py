"""What a lost, stolen or idle tablet gives away: where keys live, the PIN, the lock, the wipe."""
