"""tbd"""


def draw_board(playing):
    pass
