//! Cases for `Blob`.

use bytes::Bytes;
use futures::future::{join, try_join_all};
use ports::{Blob, BlobInfo, ErrorKind};

use crate::{
    Case, Harness,
    check::{Checked, case, ensure, fails, fresh, same},
};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case!("blob/absent", absent),
        case!("blob/put_get_size_delete", put_get_size_delete),
        case!("blob/empty", empty),
        case!("blob/range", range),
        case!("blob/overwrite_is_atomic", overwrite_is_atomic),
        case!("blob/list_in_order", list_in_order),
        case!("blob/list_pages", list_pages),
        case!("blob/prefix_is_not_a_folder", prefix_is_not_a_folder),
        case!("blob/odd_names", odd_names),
        case!("blob/invalid_names", invalid_names),
        case!("blob/five_megabytes", five_megabytes),
        case!("blob/many_at_once", many_at_once),
    ]
}

async fn absent(Harness { platform, .. }: Harness) -> Checked {
    let (blob, name) = (&platform.blob, fresh(&platform, "blob"));
    same("get", blob.get(&name).await?, None)?;
    same("range", blob.get_range(&name, 0..9).await?, None)?;
    same("size", blob.size(&name).await?, None)?;
    blob.delete(&name).await?;
    same("list", blob.list(&name, None, 9).await?, Vec::new())
}

async fn put_get_size_delete(Harness { platform, .. }: Harness) -> Checked {
    let (blob, name) = (&platform.blob, fresh(&platform, "blob"));
    let content: Bytes = (0..=255).collect();
    blob.put(&name, content.clone()).await?;
    same("get", blob.get(&name).await?, Some(content))?;
    same("size", blob.size(&name).await?, Some(256))?;
    blob.delete(&name).await?;
    same("deleted", blob.get(&name).await?, None)
}

async fn empty(Harness { platform, .. }: Harness) -> Checked {
    let (blob, name) = (&platform.blob, fresh(&platform, "blob"));
    blob.put(&name, Bytes::new()).await?;
    same("get", blob.get(&name).await?, Some(Bytes::new()))?;
    same(
        "range",
        blob.get_range(&name, 0..9).await?,
        Some(Bytes::new()),
    )?;
    same("size", blob.size(&name).await?, Some(0))
}

async fn range(Harness { platform, .. }: Harness) -> Checked {
    let (blob, name) = (&platform.blob, fresh(&platform, "blob"));
    blob.put(&name, Bytes::from_static(b"0123456789")).await?;
    let rows: [(u64, u64, &str); 8] = [
        (0, 4, "0123"),
        (3, 7, "3456"),
        (8, 10, "89"),
        (8, 99, "89"),
        (10, 20, ""),
        (50, 60, ""),
        (4, 4, ""),
        (0, u64::MAX, "0123456789"),
    ];
    for (start, end, want) in rows {
        let got = blob.get_range(&name, start..end).await?;
        same(&format!("{start}..{end}"), got, Some(Bytes::from(want)))?;
    }
    Ok(())
}

async fn overwrite_is_atomic(Harness { platform, .. }: Harness) -> Checked {
    let (blob, name) = (&platform.blob, fresh(&platform, "blob"));
    let versions = [b'a', b'b'].map(|letter| Bytes::from(vec![letter; 300_000]));
    blob.put(&name, versions[0].clone()).await?;
    let write = async {
        for round in 0..10 {
            blob.put(&name, versions[(round + 1) % 2].clone()).await?;
        }
        Checked::Ok(())
    };
    let read = async {
        for _ in 0..20 {
            let got = blob.get(&name).await?;
            let whole = got.is_some_and(|got| versions.contains(&got));
            ensure!(whole, "a reader saw neither the old nor the new content");
        }
        Checked::Ok(())
    };
    let (written, seen) = join(write, read).await;
    written.and(seen)
}

async fn names(
    blob: &dyn Blob,
    base: &str,
    listed: Vec<BlobInfo>,
) -> Result<Vec<String>, crate::check::Failure> {
    let mut names = Vec::new();
    for info in listed {
        same("listed size", Some(info.size), blob.size(&info.name).await?)?;
        let name = info.name.strip_prefix(base);
        ensure!(name.is_some(), "`{}` lies outside `{base}`", info.name);
        names.extend(name.map(str::to_owned));
    }
    Ok(names)
}

async fn list_in_order(Harness { platform, .. }: Harness) -> Checked {
    let (blob, base) = (&*platform.blob, fresh(&platform, "blob"));
    // By the bytes of the whole name: `-` and `.` come before `/`, and `/` before letters.
    let sorted = [
        "/A", "/a", "/a-b", "/a.txt", "/a/b", "/a/b/c", "/a0", "/ab", "/b/a", "/é", "/～", "/😀",
    ];
    for name in sorted.iter().rev() {
        let content = Bytes::from(name.repeat(3));
        blob.put(&format!("{base}{name}"), content).await?;
    }
    let listed = blob.list(&format!("{base}/"), None, 100).await?;
    same(
        "names",
        names(blob, &base, listed).await?,
        sorted.map(str::to_owned).to_vec(),
    )
}

async fn list_pages(Harness { platform, .. }: Harness) -> Checked {
    let (blob, base) = (&*platform.blob, fresh(&platform, "blob"));
    let all: Vec<_> = (0..25)
        .map(|i| format!("{base}/{}/{i:02}", i / 10))
        .collect();
    try_join_all(
        all.iter()
            .map(|name| blob.put(name, Bytes::from_static(b"x"))),
    )
    .await?;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = blob.list(&base, after.as_deref(), 7).await?;
        ensure!(page.len() <= 7, "a page of {}", page.len());
        let Some(last) = page.last() else { break };
        after = Some(last.name.clone());
        seen.extend(page.into_iter().map(|info| info.name));
    }
    same("all pages", seen, all)?;
    same("limit 0", blob.list(&base, None, 0).await?, Vec::new())?;
    let past = blob
        .list(&format!("{base}/1/"), Some(&format!("{base}/2")), 9)
        .await?;
    same("after beyond the prefix", past, Vec::new())?;
    let before = blob
        .list(&format!("{base}/1/"), Some(&format!("{base}/0")), 1)
        .await?;
    let first = before.into_iter().map(|info| info.name).collect::<Vec<_>>();
    same(
        "after before the prefix",
        first,
        vec![format!("{base}/1/10")],
    )
}

async fn prefix_is_not_a_folder(Harness { platform, .. }: Harness) -> Checked {
    let (blob, base) = (&*platform.blob, fresh(&platform, "blob"));
    for name in ["/log", "/log-1", "/logs/a", "/lo", "/lp"] {
        blob.put(&format!("{base}{name}"), Bytes::new()).await?;
    }
    for (prefix, want) in [
        ("/log", vec!["/log", "/log-1", "/logs/a"]),
        ("/logs", vec!["/logs/a"]),
        ("/logs/", vec!["/logs/a"]),
        ("/logs/a", vec!["/logs/a"]),
        ("/logs/a/", vec![]),
        ("/log/", vec![]),
        ("/x", vec![]),
    ] {
        let listed = blob.list(&format!("{base}{prefix}"), None, 9).await?;
        let got = names(blob, &base, listed).await?;
        same(
            prefix,
            got,
            want.iter().map(|name| (*name).to_owned()).collect(),
        )?;
    }
    Ok(())
}

async fn odd_names(Harness { platform, .. }: Harness) -> Checked {
    let (blob, base) = (&*platform.blob, fresh(&platform, "blob"));
    let long = "x".repeat(80);
    let odd = [
        "a b",
        "A",
        "a",
        "%41",
        "a%2Fb",
        "...",
        ".hidden",
        "a~",
        "con",
        "a:b*c?",
        "\"'`<>|\\",
        "日本語",
        "é",
        "e\u{301}",
        "a=b&c",
        "+",
        "#1",
        &long,
    ];
    for name in odd {
        let full = format!("{base}/{name}");
        blob.put(&full, Bytes::from(name.to_owned())).await?;
        blob.put(&format!("{full}/below"), Bytes::from_static(b"below"))
            .await?;
    }
    for name in odd {
        let full = format!("{base}/{name}");
        same(
            name,
            blob.get(&full).await?,
            Some(Bytes::from(name.to_owned())),
        )?;
        let listed = blob.list(&format!("{full}/"), None, 9).await?;
        let listed: Vec<_> = listed.into_iter().map(|info| info.name).collect();
        same("listed", listed, vec![format!("{full}/below")])?;
    }
    let all = blob.list(&base, None, 100).await?;
    same("count", all.len(), 2 * odd.len())
}

async fn invalid_names(Harness { platform, .. }: Harness) -> Checked {
    let blob = &platform.blob;
    let long = "x".repeat(81);
    for name in [
        "", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "../a", "a\0b", "a\nb", &long,
    ] {
        let what = format!("{name:?}");
        fails(
            &what,
            blob.put(name, Bytes::new()).await,
            ErrorKind::Invalid,
        )?;
        fails(&what, blob.get(name).await, ErrorKind::Invalid)?;
        fails(&what, blob.get_range(name, 0..1).await, ErrorKind::Invalid)?;
        fails(&what, blob.size(name).await, ErrorKind::Invalid)?;
        fails(&what, blob.delete(name).await, ErrorKind::Invalid)?;
    }
    Ok(())
}

async fn five_megabytes(Harness { platform, .. }: Harness) -> Checked {
    let (blob, name) = (&platform.blob, fresh(&platform, "blob"));
    let content: Bytes = (0..5 << 20).map(|i: u32| (i % 251) as u8).collect();
    blob.put(&name, content.clone()).await?;
    same("size", blob.size(&name).await?, Some(5 << 20))?;
    let middle = blob.get_range(&name, 3_000_000..3_000_100).await?;
    same("range", middle, Some(content.slice(3_000_000..3_000_100)))?;
    let whole = blob.get(&name).await?;
    same("content", whole == Some(content), true)?;
    blob.delete(&name).await?;
    Ok(())
}

async fn many_at_once(Harness { platform, .. }: Harness) -> Checked {
    let (blob, base) = (&platform.blob, fresh(&platform, "blob"));
    let all: Vec<_> = (0..30).map(|i| format!("{base}/{i:02}")).collect();
    try_join_all(
        all.iter()
            .map(|name| blob.put(name, Bytes::from(name.clone()))),
    )
    .await?;
    let got = try_join_all(all.iter().map(|name| blob.get(name))).await?;
    for (name, content) in all.iter().zip(got) {
        same(name, content, Some(Bytes::from(name.clone())))?;
    }
    try_join_all(all.iter().map(|name| blob.delete(name))).await?;
    same("left", blob.list(&base, None, 9).await?, Vec::new())
}
