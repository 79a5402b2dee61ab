"""How fast loopscope is, beside what it cannot be faster than and beside other tools."""
