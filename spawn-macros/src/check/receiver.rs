//! `self`: the task has to own it.

use super::borrowed::Search;
use super::owned;
use crate::problems::Problems;
use crate::spell::spell;
use syn::{Generics, Receiver, ReceiverKind};

pub(super) fn check(
    receiver: &Receiver,
    generics: &Generics,
    is_local: bool,
    problems: &mut Problems,
) {
    let search = Search::new(generics);
    match &receiver.kind {
        ReceiverKind::Reference(and, lifetime, mutability) => {
            if lifetime
                .as_ref()
                .is_some_and(|lifetime| search.is_static(lifetime))
            {
                return;
            }
            if mutability.is_some() {
                let help = "take `mut self`, or share it as `self: std::sync::Arc<Self>` with a \
                    `Mutex` around what changes";
                problems.add(
                    and,
                    "`&mut self` is borrowed, but the task may outlive the caller",
                    help,
                );
            } else {
                let help = "take `self: std::sync::Arc<Self>` to share it, or `self` to give it \
                    to the task";
                problems.add(
                    and,
                    "`&self` is borrowed, but the task may outlive the caller",
                    help,
                );
            }
        }
        ReceiverKind::Typed(_, ty) => {
            for found in search.of(ty) {
                let right = spell(owned::receiver(ty, is_local));
                let what = format!(
                    "`self: {}` is borrowed, but the task may outlive the caller",
                    spell(ty)
                );
                problems.add(found.place(), &what, &format!("take `self: {right}`"));
            }
        }
        _ => {}
    }
}
