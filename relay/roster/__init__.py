"""Who may post and who receives: lists, members and how one becomes a member. Pure values and functions.

Each of its modules answers one question about people or lists, so there are many small ones.
"""
