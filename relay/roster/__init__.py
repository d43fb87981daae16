"""Who may post and who receives: lists, members and how one becomes a member. Pure values and functions."""
