//! A page that cannot be shown, and why.

use maud::{Markup, html};

use super::{Page, Scene};
use crate::failure::Failure;
use crate::place::Place;

impl Page for Failure {
    fn title(&self) -> String {
        match self.status {
            404 => "Not there".to_owned(),
            400 => "Not understood".to_owned(),
            413 => "Too much at once".to_owned(),
            503 | 504 => "Busy".to_owned(),
            _ => "Something failed".to_owned(),
        }
    }

    fn summary(&self) -> String {
        self.message.clone()
    }

    fn body(&self, scene: Scene<'_>) -> Markup {
        html! {
            h1 { (self.title()) }
            p.message { (self.message) }
            p { a href=(scene.link(&Place::Start)) { "Back to the start" } }
        }
    }
}
