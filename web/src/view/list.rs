//! Long lists in pages of bounded size.

use serde::Serialize;
use utoipa::ToSchema;

/// Lines of a release's file on a page.
pub const LINES: usize = 600;

/// The page on which a line of a release's file stands.
pub fn page_of_line(line: u32) -> usize {
    (line.max(1) as usize - 1) / LINES + 1
}

/// Which page of a list this is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Paging {
    /// Its number, from 1.
    pub page: usize,
    /// How many there are.
    pub pages: usize,
    /// How many items the whole list has.
    pub items: usize,
}

impl Paging {
    /// The number of the next page, if there is one.
    pub fn next(&self) -> Option<usize> {
        (self.page < self.pages).then_some(self.page + 1)
    }
}

/// A page of a list, and which it is; none where the list has no such page. An empty list has one page.
pub fn page_of<T>(list: &[T], page: usize, per_page: usize) -> Option<(&[T], Paging)> {
    let pages = list.len().div_ceil(per_page).max(1);
    if page == 0 || page > pages {
        return None;
    }
    let from = (page - 1) * per_page;
    let items = &list[from..list.len().min(from + per_page)];
    Some((items, Paging { page, pages, items: list.len() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_each_item_once() {
        let list: Vec<u32> = (0..7).collect();
        let pages: Vec<&[u32]> =
            (1..=3).filter_map(|page| page_of(&list, page, 3).map(|(items, _)| items)).collect();
        assert_eq!(pages.concat(), list);
        assert!(page_of(&list, 4, 3).is_none() && page_of(&list, 0, 3).is_none());
        assert_eq!(page_of::<u32>(&[], 1, 3).map(|(_, paging)| paging.pages), Some(1));
    }
}
