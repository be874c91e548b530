"""What support sees and does about one subscriber's service."""
