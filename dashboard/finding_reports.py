"""tbd"""


def draw_form(playing):
    pass
