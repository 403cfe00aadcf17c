class Terms:
    pass
