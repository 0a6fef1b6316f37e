"""Waiting lists: by which stated criteria a child comes before others who joined earlier."""

from enum import IntEnum


class Criterion(IntEnum):
    """Why a child has its rank: the smaller comes first. Each is a fact that the product can check."""

    LOST_PLACE = 10  # had booked the day before a closure that was undone
    SIBLING = 50  # another child of the household is booked there that day
    ORDER = 100  # the order in which families joined
