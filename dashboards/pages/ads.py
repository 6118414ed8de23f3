WORDS = {"name": ("x", "x")}


def show(page):
    page.heading("x")
