"""What people and clocks make happen. Each story reads, decides, writes, tells."""
