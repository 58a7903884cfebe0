"""Twelve texts written for these tests, in the styles that an analyst reads, and the statements a careful reader finds.

Each statement: source, cue, parts of the content, kind, type of source.
"""

from __future__ import annotations

Said = tuple[str | None, str, tuple[str, ...], str, str | None]

WRITTEN: dict[str, tuple[str, tuple[Said, ...]]] = {
    "wire copy": (
        """VIENNA (Wire) - Inspectors found no sign that the reactor at Arslan had been restarted, two diplomats told \
reporters on Tuesday.

"We have seen steam, and steam is not fuel," said one of the diplomats, who asked not to be named. "Nobody should \
count on a picture."

The foreign ministry denied that any work was under way. According to its spokeswoman, Lena Marek, the pipes are being \
cleaned.""",
        (
            (
                "two diplomats",
                "told",
                ("VIENNA (Wire) - Inspectors found no sign that the reactor at Arslan had been restarted",),
                "indirect",
                "anonymous",
            ),
            (
                "one of the diplomats, who asked not to be named",
                "said",
                ('"We have seen steam, and steam is not fuel,"', '"Nobody should count on a picture."'),
                "direct",
                "anonymous",
            ),
            ("who", "asked not", ("to be named",), "indirect", "anonymous"),
            ("The foreign ministry", "denied", ("that any work was under way",), "indirect", "role"),
            ("its spokeswoman, Lena Marek", "According to", ("the pipes are being cleaned",), "indirect", "named"),
        ),
    ),
    "wire copy, images": (
        """Satellite images taken on 3 May show new earthworks beside the runway, the institute said in a report, \
adding that their purpose was unclear.

Colonel Adam Reyes, who commands the base, declined to comment on the findings.""",
        (
            (
                "the institute",
                "said in a report",
                ("Satellite images taken on 3 May show new earthworks beside the runway",),
                "indirect",
                "role",
            ),
            ("the institute", "adding", ("that their purpose was unclear",), "indirect", "role"),
            (
                "Colonel Adam Reyes, who commands the base",
                "declined",
                ("to comment on the findings",),
                "indirect",
                "named",
            ),
        ),
    ),
    "official statement": (
        """Statement by the Ministry of Defence

The Ministry notes with concern the reports of activity at the northern site. It has asked the agency whether its \
inspectors will return before June.

The Minister stressed that “no decision has been taken” and reiterated that the agreement remains in force.""",
        (
            (
                "The Ministry",
                "notes with concern",
                ("the reports of activity at the northern site",),
                "indirect",
                "role",
            ),
            ("It", "has asked", ("whether its inspectors will return before June",), "indirect", None),
            ("The Minister", "stressed", ("that “no decision has been taken”",), "mixed", "role"),
            ("The Minister", "reiterated", ("that the agreement remains in force",), "indirect", "role"),
        ),
    ),
    "official record": (
        "The Committee takes note of the report. The Chair recalled that the parties had undertaken to remove all "
        "launchers by 1 March, and urged them to publish the dates.",
        (
            ("The Committee", "takes note of", ("the report",), "indirect", "role"),
            (
                "The Chair",
                "recalled",
                ("that the parties had undertaken to remove all launchers by 1 March",),
                "indirect",
                "role",
            ),
            ("The Chair", "urged", ("them to publish the dates",), "indirect", "role"),
        ),
    ),
    "social post": (
        """Tom Adeyemi tweeted: “Third convoy this week at the north gate. Trucks covered, no plates.”

@northwatch replied, “Same trucks as Monday?” He said yes.""",
        (
            (
                "Tom Adeyemi",
                "tweeted",
                ("“Third convoy this week at the north gate. Trucks covered, no plates.”",),
                "direct",
                "named",
            ),
            ("@northwatch", "replied", ("“Same trucks as Monday?”",), "direct", "named"),
            ("He", "said", ("yes",), "indirect", "named"),
        ),
    ),
    "social post without capitals": (
        "omg the site is NOT dead lol. my cousin says they moved everything last night \U0001f602 #arslan",
        (("my cousin", "says", ("they moved everything last night \U0001f602 #arslan",), "indirect", "anonymous"),),
    ),
    "transcript": (
        """MARTA OLSEN: Did you see the crane yourself?

GENERAL PIRES: I saw it on the image of the fourth. I did not go there.

MARTA OLSEN: So you cannot say that it was used?

GENERAL PIRES: No.""",
        (
            ("MARTA OLSEN", ":", ("Did you see the crane yourself",), "indirect", "named"),
            (
                "GENERAL PIRES",
                ":",
                ("I saw it on the image of the fourth. I did not go there",),
                "indirect",
                "named",
            ),
            ("MARTA OLSEN", ":", ("So you cannot say that it was used",), "indirect", "named"),
            ("GENERAL PIRES", ":", ("No",), "indirect", "named"),
        ),
    ),
    "transcript, questions and answers": (
        """Q: What did the pilots report?

A: They reported smoke. They did not report fire.""",
        (
            ("Q", ":", ("What did the pilots report",), "indirect", None),
            ("A", ":", ("They reported smoke. They did not report fire",), "indirect", None),
        ),
    ),
    "machine translation": (
        "The representative of the plant informed, that the works are finished. As reported by the agency, the pipes "
        "already are not warm. On his words, the workers went home.",
        (
            (
                "The representative of the plant",
                "informed",
                ("that the works are finished",),
                "indirect",
                "role",
            ),
            ("the agency", "As reported by", ("the pipes already are not warm",), "indirect", "role"),
            ("his", "On his words", ("the workers went home",), "indirect", "role"),
        ),
    ),
    "machine translation, commas": (
        "The governor Ivanenko has declared, that “the object is closed”. He has added, that to the journalists it is "
        "not allowed to go inside.",
        (
            ("The governor Ivanenko", "has declared", ("that “the object is closed”",), "mixed", "named"),
            ("He", "has added", ("that to the journalists it is not allowed to go inside",), "indirect", "named"),
        ),
    ),
    "feature": (
        """The baker across the road remembers the trucks. “They came at night,” said the owner, Ruth Baum, wiping the \
counter, “and they left at night.” Her son thinks that they carried pipes; she is not so sure.

“I heard them,” he insisted.""",
        (
            ("The baker across the road", "remembers", ("the trucks",), "indirect", "anonymous"),
            (
                "the owner, Ruth Baum",
                "said",
                ("“They came at night,”", "“and they left at night.”"),
                "direct",
                "named",
            ),
            ("Her son", "thinks", ("that they carried pipes",), "indirect", "anonymous"),
            ("he", "insisted", ("“I heard them,”",), "direct", "anonymous"),
        ),
    ),
    "analysis": (
        "As Hanna Weiss of the Delta Centre has pointed out, a roof hides what is under it. Her colleague Omar Said "
        "argues that the cranes would not be needed if the hall were empty. The newspaper Morgenpost reported last "
        "week that the intelligence service believes the hall to be full. The service has reportedly withdrawn that "
        "view.",
        (
            (
                "Hanna Weiss of the Delta Centre",
                "has pointed out",
                ("a roof hides what is under it",),
                "indirect",
                "named",
            ),
            (
                "Her colleague Omar Said",
                "argues",
                ("that the cranes would not be needed if the hall were empty",),
                "indirect",
                "named",
            ),
            (
                "The newspaper Morgenpost",
                "reported last week",
                ("that the intelligence service believes the hall to be full",),
                "indirect",
                "named",
            ),
            (None, "reportedly", ("The service has", "withdrawn that view"), "indirect", None),
        ),
    ),
}
