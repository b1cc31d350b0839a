"""The long suite: what takes minutes to prove. Run by ``make proof``."""
