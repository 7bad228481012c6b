//! Channels: what they say of themselves, and who may watch.

use super::log_in::LogInError;
use super::password::{PasswordError, Verdict};
use super::tables::{ChannelRow, Channels, Descriptions};
use super::{
    Account, AccountId, Moment, NameError, People, PeopleError, PictureHash, PictureOf, texts,
};
use crate::limits::people::{PHRASE_MAX, PHRASE_MIN};
use crate::store::Batch;
use crate::time::Mono;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use unicode_normalization::UnicodeNormalization as _;

/// Who may watch a channel. Stored by position: new ones go to the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Visibility {
    /// Everybody at home, with or without an account.
    #[default]
    Household,
    /// Those who are logged in and of the house: owners, members, children; not guests.
    Members,
    /// Those who know the pass-phrase.
    PassPhrase,
}

/// Whether somebody may see a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// They may.
    Open,
    /// With a pass for its pass-phrase.
    NeedsPass,
    /// They may not: they are not logged in, or a guest.
    MembersOnly,
}

impl Access {
    /// May they, holding a good pass or not?
    pub fn is_open(self, has_pass: bool) -> bool {
        match self {
            Access::Open => true,
            Access::NeedsPass => has_pass,
            Access::MembersOnly => false,
        }
    }
}

/// A channel as pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelProfile {
    /// Whose it is.
    pub account: Account,
    /// May be empty.
    pub title: String,
    /// In the order of its owner.
    pub tags: Vec<String>,
    /// Who may watch.
    pub visibility: Visibility,
    /// The channel's own picture.
    pub picture: Option<PictureHash>,
    /// How many follow it.
    pub followers: usize,
    /// When it was last live.
    pub last_live: Option<Moment>,
}

/// What is to change on a channel; None stays as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChannelChange<'a> {
    /// As typed; may be empty.
    pub title: Option<&'a str>,
    /// As typed; may be empty.
    pub description: Option<&'a str>,
    /// As typed, each a tag.
    pub tags: Option<&'a [&'a str]>,
    /// Who may watch from now on. Passes of before count no more.
    pub viewers: Option<Viewers<'a>>,
}

/// Who is to be let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewers<'a> {
    /// Everybody at home.
    Household,
    /// People of the house.
    Members,
    /// Those who know this pass-phrase: 4 characters or more, as typed.
    PassPhrase(&'a str),
}

impl People {
    /// The channel of a person who may have one: members and owners.
    pub fn channel(&self, id: AccountId) -> Option<ChannelProfile> {
        self.directory().channel(id)
    }

    /// The same by NAME.
    pub fn channel_named(&self, name: &str) -> Option<ChannelProfile> {
        let directory = self.directory();
        directory.channel(directory.named(name)?)
    }

    /// Everybody's channel, by number.
    pub fn channels(&self) -> Vec<ChannelProfile> {
        let directory = self.directory();
        let ids = directory.accounts.keys();
        ids.filter_map(|id| directory.channel(*id)).collect()
    }

    /// A channel's description; empty if there is none. Reads the card.
    pub fn description(&self, id: AccountId) -> Result<String, PeopleError> {
        Ok(self.store.get::<Descriptions>(&id)?.unwrap_or_default())
    }

    /// Changes what a channel says of itself and who may watch, all of it or nothing; for its owner and owners of the house. Returns
    /// it as it is now. Hashes a pass-phrase and writes durably (blocks).
    pub fn set_channel(
        &self,
        by: AccountId,
        id: AccountId,
        change: ChannelChange<'_>,
    ) -> Result<ChannelProfile, PeopleError> {
        self.must_be_or_run(by, id)?;
        let text = |what| move |why: NameError| PeopleError::Text { what, why };
        let title = change.title.map(texts::title).transpose();
        let title = title.map_err(text("title"))?;
        let description = change.description.map(texts::description).transpose();
        let description = description.map_err(text("description"))?;
        let tags = change.tags.map(|tags| texts::tags(tags.iter().copied()));
        let tags = tags.transpose().map_err(text("tags"))?;
        let viewers = change
            .viewers
            .map(|viewers| self.kept(viewers))
            .transpose()?;
        self.update_channel(id, description, |row| {
            row.title = title.unwrap_or(std::mem::take(&mut row.title));
            row.tags = tags.unwrap_or(std::mem::take(&mut row.tags));
            if let Some((visibility, phrase)) = viewers {
                row.visibility = visibility;
                row.phrase = phrase;
                row.pass_epoch = row.pass_epoch.wrapping_add(1);
            }
        })
    }

    /// Opens a channel to the household or to members; for its owner and owners of the house. Passes of before count no
    /// more. Writes durably (blocks).
    pub fn set_open(
        &self,
        by: AccountId,
        id: AccountId,
        to_members_only: bool,
    ) -> Result<ChannelProfile, PeopleError> {
        let viewers = match to_members_only {
            true => Viewers::Members,
            false => Viewers::Household,
        };
        self.set_viewers(by, id, viewers)
    }

    /// Closes a channel with a pass-phrase (4 characters or more); for its owner and owners of the house. Passes of before
    /// count no more. Hashes and writes durably (blocks).
    pub fn set_phrase(
        &self,
        by: AccountId,
        id: AccountId,
        phrase: &str,
    ) -> Result<ChannelProfile, PeopleError> {
        self.set_viewers(by, id, Viewers::PassPhrase(phrase))
    }

    fn set_viewers(
        &self,
        by: AccountId,
        id: AccountId,
        viewers: Viewers<'_>,
    ) -> Result<ChannelProfile, PeopleError> {
        let change = ChannelChange {
            viewers: Some(viewers),
            ..ChannelChange::default()
        };
        self.set_channel(by, id, change)
    }

    /// What is kept of it: a pass-phrase hashed.
    fn kept(&self, viewers: Viewers<'_>) -> Result<(Visibility, Option<String>), PeopleError> {
        let typed = match viewers {
            Viewers::Household => return Ok((Visibility::Household, None)),
            Viewers::Members => return Ok((Visibility::Members, None)),
            Viewers::PassPhrase(typed) => typed,
        };
        let phrase = phrase_form(typed).map_err(|why| PeopleError::Text {
            what: "pass-phrase",
            why,
        })?;
        let phrase = self.hasher.hash_phrase(&phrase)?;
        Ok((Visibility::PassPhrase, Some(phrase)))
    }

    /// Is this the channel's pass-phrase? Case and blanks count as little as people think they do. Throttled by address and
    /// by channel. Hashes (blocks).
    pub fn check_phrase(
        &self,
        id: AccountId,
        typed: &str,
        from: IpAddr,
        now: Mono,
    ) -> Result<(), LogInError> {
        let address = from.to_canonical();
        let tries = self.tries();
        let wait = tries.phrase_addresses.wait(&address, now);
        let wait = wait.max(tries.phrase_channels.wait(&id, now));
        drop(tries);
        if let Some(seconds) = wait {
            return Err(LogInError::Slow(seconds));
        }
        let row = self.directory().channels.get(&id).cloned();
        let phc = row.and_then(|row| row.phrase);
        let phrase = phrase_form(typed).unwrap_or_default();
        match self.hasher.verify(&phrase, phc.as_deref()) {
            Err(PasswordError::Busy) => Err(LogInError::Busy),
            Err(_) => Err(LogInError::System("the pass-phrase could not be checked")),
            Ok(Verdict::Wrong) => {
                let mut tries = self.tries();
                tries.phrase_addresses.failed(&address, now);
                tries.phrase_channels.failed(&id, now);
                Err(LogInError::Wrong)
            }
            // The address's failures stay: they may have been for another channel.
            Ok(_) => Ok(()),
        }
    }

    /// Who may watch the channel of this NAME; None: nobody has this NAME.
    pub fn visibility_of(&self, name: &str) -> Option<Visibility> {
        let directory = self.directory();
        let id = directory.named(name)?;
        Some(directory.visibility(id))
    }

    /// Passes for this channel that carry another number count no more. None: nobody has this NAME.
    pub fn pass_epoch_of(&self, name: &str) -> Option<u32> {
        let directory = self.directory();
        let id = directory.named(name)?;
        Some(directory.channels.get(&id).map_or(0, |row| row.pass_epoch))
    }

    /// May this viewer see that channel? Its owner and owners of the house always may.
    pub fn may_see(&self, viewer: Option<&Account>, channel: AccountId) -> Access {
        self.directory().may_see(viewer, channel)
    }

    fn update_channel(
        &self,
        id: AccountId,
        description: Option<String>,
        change: impl FnOnce(&mut ChannelRow),
    ) -> Result<ChannelProfile, PeopleError> {
        let _turn = self.change();
        let directory = self.directory();
        // Guests and children keep what they had, but have no channel to change.
        let may_have = directory
            .accounts
            .get(&id)
            .map(|row| row.role.may_publish());
        let mut row = directory.channels.get(&id).cloned().unwrap_or_default();
        drop(directory);
        if !may_have.ok_or(PeopleError::Unknown("account"))? {
            return Err(PeopleError::NotAllowed);
        }
        change(&mut row);
        let mut batch = Batch::new();
        batch.put::<Channels>(&id, &row);
        match description.as_deref() {
            None => {}
            Some("") => {
                batch.remove::<Descriptions>(&id);
            }
            Some(text) => {
                batch.put::<Descriptions>(&id, &text.to_owned());
            }
        }
        self.store.commit(batch)?;
        self.show(|directory| {
            directory.put_channel(id, row);
        });
        self.channel(id).ok_or(PeopleError::Unknown("account"))
    }
}

impl super::directory::Directory {
    pub(super) fn channel(&self, id: AccountId) -> Option<ChannelProfile> {
        let account = self.view(id).filter(|a| a.role.may_publish())?;
        let row = self.channels.get(&id).cloned().unwrap_or_default();
        let last = self.last_lives.get(&id);
        Some(ChannelProfile {
            account,
            title: row.title,
            tags: row.tags,
            visibility: row.visibility,
            picture: self.picture_hash(PictureOf::Channel(id)),
            followers: self.followers(id).count(),
            last_live: last.map(|row| self.moment(row.ended.unwrap_or(row.began))),
        })
    }

    pub(super) fn visibility(&self, id: AccountId) -> Visibility {
        self.channels
            .get(&id)
            .map_or_else(Visibility::default, |row| row.visibility)
    }

    pub(super) fn may_see(&self, viewer: Option<&Account>, channel: AccountId) -> Access {
        // The row and not what the viewer was when the page asked: a role may have changed.
        let role = viewer
            .and_then(|viewer| self.accounts.get(&viewer.id))
            .map(|row| row.role);
        if role.is_some_and(|role| role.runs_the_house())
            || viewer.is_some_and(|viewer| viewer.id == channel && role.is_some())
        {
            return Access::Open;
        }
        match self.visibility(channel) {
            Visibility::Household => Access::Open,
            Visibility::Members if role.is_some_and(|role| role.is_of_the_house()) => Access::Open,
            Visibility::Members => Access::MembersOnly,
            Visibility::PassPhrase => Access::NeedsPass,
        }
    }
}

/// A pass-phrase as it is hashed: told across the table, so that case, width and blanks do not count.
fn phrase_form(typed: &str) -> Result<String, NameError> {
    if typed.len() > PHRASE_MAX {
        return Err(NameError::Length);
    }
    let plain = typed.nfkc().filter(|c| !c.is_whitespace());
    let plain: String = plain.flat_map(char::to_lowercase).nfkc().collect();
    match plain.chars().count() < PHRASE_MIN || plain.len() > 2 * PHRASE_MAX {
        true => Err(NameError::Length),
        false => Ok(plain),
    }
}
