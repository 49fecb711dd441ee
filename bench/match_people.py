"""Write pseudopeople's sample data as CSV files. Runs in an environment of its own: it wants pandas 2.

.venv-people/bin/python bench/match_people.py FOLDER
"""

import sys
from pathlib import Path

import pseudopeople


def main() -> None:
    """Write the noised samples of 2020, and the census of 2030, into the folder."""
    folder = Path(sys.argv[1])
    made = {
        "census_2020": pseudopeople.generate_decennial_census(year=2020, seed=0),
        "census_2030": pseudopeople.generate_decennial_census(year=2030, seed=0),
        "w2_2020": pseudopeople.generate_taxes_w2_and_1099(year=2020, seed=0),
    }
    for name, frame in made.items():
        frame.to_csv(folder / f"{name}.csv", index=False)


if __name__ == "__main__":
    main()
