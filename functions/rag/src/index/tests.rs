use futures::executor::block_on;
use ports::{Scope, fake};
use proptest::prelude::*;

use super::*;
use crate::ErrorKind;

/// Pseudo-random unit vectors in clusters, the same for the same seed.
pub(super) fn vectors(seed: u64, count: usize, dimension: usize) -> Vec<Vec<f32>> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    let centres: Vec<Vec<f32>> = (0..8)
        .map(|_| (0..dimension).map(|_| random()).collect())
        .collect();
    (0..count)
        .map(|at| {
            let mut vector: Vec<f32> = centres[at % 8].iter().map(|x| x + 0.4 * random()).collect();
            kernel::normalise(&mut vector);
            vector
        })
        .collect()
}

fn group(number: u8) -> Group {
    Group([number; 12])
}

fn id(number: u8, position: u32) -> RowId {
    RowId {
        group: group(number),
        position,
    }
}

fn rows(number: u8, vectors: &[Vec<f32>]) -> Vec<(RowId, Vec<f32>)> {
    let row = |(at, vector): (usize, &Vec<f32>)| (id(number, at as u32), vector.clone());
    vectors.iter().enumerate().map(row).collect()
}

fn brute(rows: &[(RowId, Vec<f32>)], query: &[f32], count: usize) -> Vec<(RowId, f32)> {
    let mut all: Vec<_> = rows
        .iter()
        .map(|(id, vector)| (*id, kernel::dot(query, vector.iter().copied())))
        .collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    all.truncate(count);
    all
}

/// An index of several segments over a fresh store.
async fn build(scope: &Scope, parts: &[Vec<(RowId, Vec<f32>)>]) -> Manifest {
    let resident = Resident::default();
    let index = Index::new(scope, "i", &resident, 0);
    let mut manifest = Manifest::default();
    for part in parts {
        let entry = index.write(part).await.unwrap();
        manifest.add(entry, part[0].1.len()).unwrap();
    }
    manifest
}

fn scope() -> Scope {
    Scope::tenant(&fake::platform().0, "t")
}

#[test]
fn a_search_is_exact_whatever_is_in_memory() {
    block_on(async {
        let scope = scope();
        let all = vectors(1, 2000, 48);
        let parts: Vec<_> = all
            .chunks(300)
            .enumerate()
            .map(|(at, part)| rows(at as u8, part))
            .collect();
        let manifest = build(&scope, &parts).await;
        let flat: Vec<_> = parts.concat();
        // Nothing kept, scan parts kept, everything kept.
        for memory in [0, 200_000, 10_000_000] {
            let resident = Resident::default();
            let index = Index::new(&scope, "i", &resident, memory);
            for query in vectors(2, 20, 48) {
                let found = index.search(&manifest, &query, 10).await.unwrap();
                let found: Vec<_> = found.iter().map(|found| (found.id, found.score)).collect();
                assert_eq!(found, brute(&flat, &query, 10));
            }
            assert!(
                resident.bytes() <= memory,
                "{} > {memory}",
                resident.bytes()
            );
            assert_eq!(resident.bytes() > 0, memory > 0);
        }
    });
}

#[test]
fn dead_and_hidden_rows_are_not_found() {
    block_on(async {
        let scope = scope();
        let all = vectors(3, 40, 16);
        let mut manifest = build(&scope, &[rows(1, &all[..20]), rows(2, &all[20..])]).await;
        let resident = Resident::default();
        let index = Index::new(&scope, "i", &resident, 1 << 20);
        let groups = async |manifest: &Manifest| {
            let found = index.search(manifest, &all[0], 100).await.unwrap();
            let mut groups: Vec<_> = found.iter().map(|found| found.id.group).collect();
            groups.dedup();
            groups.sort();
            groups.dedup();
            (found.len(), groups)
        };
        assert_eq!(groups(&manifest).await, (40, vec![group(1), group(2)]));
        manifest.hide(group(1), true);
        assert_eq!(groups(&manifest).await, (20, vec![group(2)]));
        manifest.hide(group(1), false);
        manifest.kill(group(2), 20);
        assert_eq!(groups(&manifest).await, (20, vec![group(1)]));
        assert_eq!(
            Manifest::decode(Some(&manifest.encode())).unwrap(),
            manifest
        );
    });
}

#[test]
fn compaction_merges_and_forgets_the_dead() {
    block_on(async {
        let scope = scope();
        let all = vectors(4, 90, 16);
        let parts: Vec<_> = all
            .chunks(10)
            .enumerate()
            .map(|(at, part)| rows(at as u8, part))
            .collect();
        let mut manifest = build(&scope, &parts).await;
        manifest.kill(group(3), 10);
        let resident = Resident::default();
        let index = Index::new(&scope, "i", &resident, 1 << 20);
        let compaction = index.compact(&manifest).await.unwrap().unwrap();
        // One dies while the compaction is written.
        manifest.kill(group(5), 10);
        assert!(manifest.apply(&compaction));
        assert!(!manifest.clone().apply(&compaction), "not twice");
        index.delete(&compaction.removed).await.unwrap();
        assert_eq!((manifest.segments.len(), manifest.rows()), (1, 80));
        assert_eq!(manifest.dead_rows(), 10, "only the late one");
        let found = index.search(&manifest, &all[0], 100).await.unwrap();
        assert_eq!(found.len(), 70);
        let alive: Vec<_> = parts
            .concat()
            .into_iter()
            .filter(|(id, _)| ![3, 5].contains(&id.group.0[0]))
            .collect();
        let found: Vec<_> = found.iter().map(|found| (found.id, found.score)).collect();
        assert_eq!(found, brute(&alive, &all[0], 100));
        assert_eq!(index.compact(&manifest).await.unwrap(), None);
        assert_eq!(scope.list_blobs("i/", None, 100).await.unwrap().len(), 1);
        // Enough dead rows make it rewrite a single segment, and then it rests.
        manifest.kill(group(0), 10);
        manifest.kill(group(1), 10);
        let compaction = index.compact(&manifest).await.unwrap().unwrap();
        assert!(manifest.apply(&compaction));
        assert_eq!((manifest.rows(), manifest.dead_rows()), (50, 0));
        assert_eq!(index.compact(&manifest).await.unwrap(), None);
    });
}

#[test]
fn everything_dead_leaves_nothing() {
    block_on(async {
        let scope = scope();
        let mut manifest = build(&scope, &[rows(1, &vectors(5, 5, 8))]).await;
        manifest.kill(group(1), 5);
        let resident = Resident::default();
        let index = Index::new(&scope, "i", &resident, 1 << 20);
        let compaction = index.compact(&manifest).await.unwrap().unwrap();
        assert_eq!(compaction.added, None);
        assert!(manifest.apply(&compaction));
        assert_eq!((manifest.segments.len(), manifest.dead_rows()), (0, 0));
        // Another model may follow now.
        let entry = index.write(&rows(2, &vectors(5, 5, 12))).await.unwrap();
        manifest.add(entry, 12).unwrap();
        assert_eq!(manifest.dimension, 12);
    });
}

#[test]
fn what_is_wrong_is_said() {
    block_on(async {
        let scope = scope();
        let part = rows(1, &vectors(6, 20, 16));
        let mut manifest = build(&scope, std::slice::from_ref(&part)).await;
        let path = format!("i/{}", manifest.segments[0].name);
        let whole = scope.get_blob(&path).await.unwrap().unwrap();
        let query = &part[0].1;
        let search = async |memory: usize| {
            let resident = Resident::default();
            let index = Index::new(&scope, "i", &resident, memory);
            index
                .search(&manifest, query, 5)
                .await
                .map_err(|error| error.kind())
        };
        // A byte of the header, the ids, the codes, the vectors: found with and without all in memory.
        for at in [0, 5, 9, 40, 32 + 20 * 24 + 3] {
            let mut damaged = whole.to_vec();
            damaged[at] ^= 0x40;
            scope.put_blob(&path, damaged.into()).await.unwrap();
            assert_eq!(search(1 << 20).await, Err(ErrorKind::Corrupt), "{at}");
            assert_eq!(search(0).await, Err(ErrorKind::Corrupt), "{at}");
        }
        let mut damaged = whole.to_vec();
        let exponent = damaged.len() - 20 * 16 * 4 + 3;
        damaged[exponent] ^= 0x40;
        scope.put_blob(&path, damaged.into()).await.unwrap();
        assert_eq!(search(1 << 20).await, Err(ErrorKind::Corrupt));
        assert_eq!(search(0).await, Err(ErrorKind::Corrupt));
        scope
            .put_blob(&path, whole.slice(..whole.len() - 100))
            .await
            .unwrap();
        assert_eq!(search(1 << 20).await, Err(ErrorKind::Corrupt));
        scope.delete_blob(&path).await.unwrap();
        assert_eq!(search(0).await, Err(ErrorKind::Corrupt));
        let resident = Resident::default();
        let index = Index::new(&scope, "i", &resident, 0);
        let error = index.search(&manifest, &[1.0; 8], 5).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains("8 numbers"), "{error}");
        for wrong in [
            vec![],
            vec![(id(1, 0), vec![])],
            vec![(id(1, 0), vec![f32::NAN])],
            { vec![(id(1, 0), vec![1.0]), (id(1, 1), vec![1.0, 2.0])] },
        ] {
            assert_eq!(
                index.write(&wrong).await.unwrap_err().kind(),
                ErrorKind::Invalid
            );
        }
        let entry = index.write(&rows(2, &vectors(7, 2, 8))).await.unwrap();
        assert_eq!(
            manifest.add(entry, 8).unwrap_err().kind(),
            ErrorKind::Invalid
        );
    });
}

#[test]
fn writing_again_changes_nothing() {
    block_on(async {
        let scope = scope();
        let part = rows(1, &vectors(8, 6, 8));
        let resident = Resident::default();
        let index = Index::new(&scope, "i", &resident, 0);
        let mut manifest = Manifest::default();
        for _ in 0..2 {
            let entry = index.write(&part).await.unwrap();
            manifest.add(entry, 8).unwrap();
        }
        assert_eq!((manifest.rows(), manifest.sequence), (6, 1));
        assert_eq!(
            index.search(&Manifest::default(), &[1.0], 3).await.unwrap(),
            []
        );
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Raising top_k only adds hits at the end.
    #[test]
    fn a_larger_top_k_keeps_the_better_hits(seed in 1u64..1000, small in 1usize..20, more in 1usize..60) {
        block_on(async {
            let scope = scope();
            let all = vectors(seed, 150, 24);
            let manifest = build(&scope, &[rows(1, &all[..70]), rows(2, &all[70..])]).await;
            let resident = Resident::default();
            let index = Index::new(&scope, "i", &resident, 1 << 20);
            let query = &vectors(seed + 1, 1, 24)[0];
            let few = index.search(&manifest, query, small).await.unwrap();
            let many = index.search(&manifest, query, small + more).await.unwrap();
            assert_eq!(few, many[..small]);
        });
    }
}
