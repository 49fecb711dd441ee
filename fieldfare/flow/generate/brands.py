"""The generated brands by the name of their example workspace."""

from fieldfare.flow.generate.brand import Brand
from fieldfare.flow.generate.lives.clinic import CLINIC
from fieldfare.flow.generate.lives.parks import PARKS
from fieldfare.flow.generate.lives.shop import SHOP
from fieldfare.flow.generate.lives.talk import TALK
from fieldfare.flow.generate.lives.wellness import WELLNESS

BRANDS: dict[str, Brand] = {each.name: each for each in (WELLNESS, CLINIC, PARKS, TALK, SHOP)}
