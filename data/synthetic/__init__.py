"""An invented world: five event logs about people who do not exist, and the truth about them.

It imports nothing of the score: what it knows of people is how they live, not how they are judged.
"""
