"""How well points tell who becomes bad: figures over counts, computed in a fixed order."""
