//! What whoever writes an update to the card answers: one line, `ok VERSION` or `refused REASON`.

/// Longest line, bytes.
pub const ANSWER_BYTES: usize = 128;

/// Why an update was not taken. The system that runs is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Another kind of file.
    NotAnUpdate,
    /// For another kind of board.
    OtherBoard,
    /// Not signed by who built what runs.
    Unsigned,
    /// It has no room in its slot.
    TooLarge,
    /// It ended early.
    CutShort,
    /// Not the bytes that were signed.
    Damaged,
    /// The card did not take it, or gave back other bytes.
    Card,
    /// What runs is itself on trial: the other slot has the only system that is known to work.
    OnTrial,
}

const ALL: [(Refusal, &str); 8] = [
    (Refusal::NotAnUpdate, "not-an-update"),
    (Refusal::OtherBoard, "other-board"),
    (Refusal::Unsigned, "unsigned"),
    (Refusal::TooLarge, "too-large"),
    (Refusal::CutShort, "cut-short"),
    (Refusal::Damaged, "damaged"),
    (Refusal::Card, "card"),
    (Refusal::OnTrial, "on-trial"),
];

impl Refusal {
    /// Its word.
    pub fn word(self) -> &'static str {
        let of = ALL.iter().find(|(refusal, _)| *refusal == self);
        of.map_or("card", |(_, word)| word)
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The version that is started next.
    Taken(String),
    /// Why not.
    Refused(Refusal),
}

impl Answer {
    /// The line, with its end.
    pub fn line(&self) -> String {
        match self {
            Answer::Taken(version) => format!("ok {version}\n"),
            Answer::Refused(refusal) => format!("refused {}\n", refusal.word()),
        }
    }

    /// Reads a line; None: none that is known, or half of one.
    pub fn read(line: &str) -> Option<Answer> {
        let (verb, rest) = line.strip_suffix('\n')?.split_once(' ')?;
        match verb {
            "ok" => Some(Answer::Taken(rest.to_owned())),
            "refused" => {
                let known = ALL.iter().find(|(_, word)| *word == rest);
                known.map(|(refusal, _)| Answer::Refused(*refusal))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_survive_their_line_and_half_a_line_is_none() {
        let refused = ALL.iter().map(|(refusal, _)| Answer::Refused(*refusal));
        for answer in refused.chain([Answer::Taken("1.2.0".into())]) {
            let line = answer.line();
            assert!(line.len() <= ANSWER_BYTES);
            assert_eq!(Answer::read(&line), Some(answer));
            assert_eq!(Answer::read(line.trim_end()), None);
        }
        assert_eq!(Answer::read("refused for-fun\n"), None);
        assert_eq!(Answer::read("\n"), None);
    }
}
