"""Every construct of the language in small hand-written programs, differentiated in every way."""
