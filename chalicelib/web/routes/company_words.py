"""The closed lists that a company chooses from on its page. Standard library only, as the page itself: codes are plain texts."""

DECLINES = (
    ("profile_mismatch", "Le profil ne correspond pas aux tâches prévues"),
    ("no_host_available", "Personne n’est disponible pour accueillir"),
    ("activity_stopped", "L’activité prévue s’est arrêtée"),
    ("dates_unsuitable", "Les dates du stage ne conviennent pas"),
    ("other", "Autre motif"),
)
"""Why a young person is not welcomed, as code and words."""
CANCELS = (
    ("dates_unsuitable", "La date ne convient plus"),
    ("put_off", "La rencontre est reportée"),
    ("company_absent", "L’entreprise ne peut pas venir"),
    ("young_person_absent", "Le jeune ne peut pas venir"),
    ("other", "Autre motif"),
)
"""Why a meeting is cancelled."""
MISSES = (
    ("young_person_absent", "Le jeune n’est pas venu"),
    ("company_absent", "Nous n’avons pas pu être là"),
    ("put_off", "La rencontre est reportée"),
    ("other", "Autre motif"),
)
"""Why a meeting did not take place."""
