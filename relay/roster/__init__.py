"""Who may post and who receives: lists, members and how one becomes a member. Pure values and functions; its modules are small, one for each thing that a list or a member is, does or wishes."""
