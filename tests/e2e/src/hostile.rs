//! Files made to do harm: small ones that would become large, and one that is too large to be read. Each gets its
//! documented error, and the server goes on.

use std::{io::Write, time::Duration};

use anyhow::{Context, Result, ensure};
use flate2::{Compression, Crc, write::DeflateEncoder};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    Deployment,
    http::{Answer, Client, refusal, text},
    native::Native,
    setup,
};

/// What a bomb unpacks to, in megabytes: more than any runtime unpacks.
const BOMB: usize = 600;

/// Four gigabytes, and what the server may read of them before it answers and hangs up.
const HUGE: u64 = 4 << 30;
const READ: u64 = 512 << 20;

/// What its memory may grow by meanwhile. Of each upload it holds as much as a document may have, 50 MB, and room for twice
/// that while the last half comes; what it gave back, the system may not have taken yet.
const GROWTH: u64 = 256 << 20;

/// Small files that would become large.
pub async fn files(deployment: &Deployment) -> Result<()> {
    let knowledge = Client::new(deployment, &setup::dataset_key(deployment).await?);
    let dataset = setup::dataset(&knowledge, "Hostile").await?;
    let entities = b"<!DOCTYPE d [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>\
        <w:document><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>";
    // The column BDWGN is the millionth.
    let wide = b"<worksheet><sheetData><row><c r='A1'><v>1</v></c><c r='BDWGN1'><v>1</v></c></row></sheetData></worksheet>";
    for (name, file, expect) in [
        (
            "bomb.docx",
            zip_of(&[("word/document.xml", &[b' '; 1 << 20], BOMB)])?,
            "unpacks to more than",
        ),
        (
            "entities.docx",
            zip(&[("word/document.xml", entities)])?,
            "declares entities",
        ),
        (
            "wide.xlsx",
            workbook(wide)?,
            "a sheet has 16384 columns at most",
        ),
        ("nothing.pdf", Vec::new(), ""),
    ] {
        ensure!(file.len() < 4 << 20, "{name}: {} bytes", file.len());
        let answer = knowledge.upload(&dataset, name, &file).await?;
        if answer.status != 200 {
            ensure!(
                (400..=415).contains(&answer.status),
                "{name}: {}",
                answer.body
            );
            refusal(name, &answer, answer.status, &text(&answer.body, "/code"))?;
            ensure!(
                text(&answer.body, "/message").contains(expect),
                "{}",
                answer.body
            );
            continue;
        }
        let batch = text(&answer.body, "/batch");
        let states = knowledge.indexed(&dataset, &batch).await?;
        let state = states.first().cloned().unwrap_or_default();
        let told = text(&state, "/error");
        ensure!(
            text(&state, "/indexing_status") == "error"
                && told.contains(expect)
                && !told.is_empty(),
            "{name}: {state}"
        );
    }
    still_works(&knowledge, &dataset).await
}

/// Four gigabytes, announced and not announced: refused while they arrive, without the memory to hold them.
pub async fn four_gigabytes(server: &Native) -> Result<()> {
    let key = setup::dataset_key(&server.deployment).await?;
    let knowledge = Client::new(&server.deployment, &key);
    let dataset = setup::dataset(&knowledge, "Too large").await?;
    // What every upload needs is there before the first look at the memory.
    still_works(&knowledge, &dataset).await?;
    let before = server.peak()?;
    for announced in [true, false] {
        let (sent, answer) = flood(&server.deployment, &key, &dataset, announced)
            .await
            .with_context(|| format!("announced: {announced}"))?;
        refusal("4 GB", &answer, 413, "file_too_large")?;
        ensure!(sent < READ, "{sent} bytes were taken before it was refused");
    }
    let growth = server.peak()?.saturating_sub(before);
    ensure!(growth <= GROWTH, "the memory grew by {} MB", growth >> 20);
    still_works(&knowledge, &dataset).await
}

/// Sends until there is an answer; how much was sent, and the answer.
async fn flood(
    deployment: &Deployment,
    key: &str,
    dataset: &str,
    announced: bool,
) -> Result<(u64, Answer)> {
    let host = deployment.base.trim_start_matches("http://");
    let stream = TcpStream::connect(host).await?;
    let (mut read, mut write) = stream.into_split();
    let part = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"huge.txt\"\r\n\
                Content-Type: text/plain\r\n\r\n";
    let length = match announced {
        true => format!("Content-Length: {}", HUGE + part.len() as u64),
        false => "Transfer-Encoding: chunked".to_owned(),
    };
    let head = format!(
        "POST /v1/datasets/{dataset}/document/create-by-file HTTP/1.1\r\nHost: {host}\r\n\
         Authorization: Bearer {key}\r\nContent-Type: multipart/form-data; boundary=b\r\n\
         Connection: close\r\n{length}\r\n\r\n"
    );
    let piece = vec![b'a'; 1 << 16];
    let framed = |bytes: &[u8]| match announced {
        true => bytes.to_vec(),
        false => {
            let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
            framed.extend_from_slice(bytes);
            framed.extend_from_slice(b"\r\n");
            framed
        }
    };
    let (start, piece) = (framed(part.as_bytes()), framed(&piece));
    let sending = async move {
        let mut sent = 0;
        // The server hangs up when it has answered: that ends the flood, and is no failure.
        if write.write_all(head.as_bytes()).await.is_ok() && write.write_all(&start).await.is_ok() {
            while sent < HUGE && write.write_all(&piece).await.is_ok() {
                sent += piece.len() as u64;
            }
        }
        // Kept open: a client that closes would end the answer too.
        (sent, write)
    };
    let sending = tokio::spawn(sending);
    let mut raw = Vec::new();
    let answered = async {
        let mut room = [0; 4096];
        loop {
            match read.read(&mut room).await {
                Ok(0) | Err(_) => return,
                Ok(more) => raw.extend(room.iter().take(more)),
            }
        }
    };
    timeout(Duration::from_secs(120), answered)
        .await
        .context("no answer")?;
    drop(read);
    let (sent, _write) = timeout(Duration::from_secs(60), sending)
        .await
        .context("it takes all of it")??;
    let answer = String::from_utf8_lossy(&raw).into_owned();
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .with_context(|| format!("no answer after {sent} bytes"))?;
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    let (from, to) = (body.find('{'), body.rfind('}'));
    let body = from.zip(to).and_then(|(from, to)| body.get(from..=to));
    let body: Value = serde_json::from_str(body.unwrap_or_default())?;
    Ok((sent, Answer { status, body }))
}

async fn still_works(knowledge: &Client, dataset: &str) -> Result<()> {
    let good = [(
        "good.md",
        b"# Tides\n\nHigh tide at the pier is at noon.".to_vec(),
    )];
    setup::documents(knowledge, dataset, &good).await?;
    let path = format!("/v1/datasets/{dataset}/retrieve");
    let asked = json!({ "query": "When is high tide?" });
    let found = knowledge.post(&path, &asked).await?;
    let first = text(&found, "/records/0/segment/document/name");
    ensure!(first == "good.md", "{found}");
    Ok(())
}

/// A workbook of one sheet.
fn workbook(sheet: &[u8]) -> Result<Vec<u8>> {
    zip(&[
        (
            "xl/workbook.xml",
            b"<workbook><sheets><sheet name='One' sheetId='1' r:id='a'/></sheets></workbook>",
        ),
        (
            "xl/_rels/workbook.xml.rels",
            b"<Relationships><Relationship Id='a' Type='http://x/worksheet' Target='worksheets/a.xml'/></Relationships>",
        ),
        ("xl/worksheets/a.xml", sheet),
    ])
}

/// A ZIP archive.
fn zip(members: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let once = members.iter().map(|(name, content)| (*name, *content, 1));
    zip_of(&once.collect::<Vec<_>>())
}

/// The same, with each content repeated so many times.
fn zip_of(members: &[(&str, &[u8], usize)]) -> Result<Vec<u8>> {
    let (mut file, mut table) = (Vec::new(), Vec::new());
    for (name, content, times) in members {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
        let mut crc = Crc::new();
        for _ in 0..*times {
            packed.write_all(content)?;
            crc.update(content);
        }
        let packed = packed.finish()?;
        let offset = u32::try_from(file.len())?;
        // Version 2.0, no flags, deflate, no time.
        let mut common = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
        common.extend(crc.sum().to_le_bytes());
        common.extend(u32::try_from(packed.len())?.to_le_bytes());
        common.extend(u32::try_from(content.len() * times)?.to_le_bytes());
        common.extend(u16::try_from(name.len())?.to_le_bytes());
        common.extend([0, 0]);
        file.extend(b"PK\x03\x04");
        file.extend(&common);
        file.extend(name.as_bytes());
        file.extend(packed);
        table.extend(b"PK\x01\x02\x14\x00");
        table.extend(&common);
        table.extend([0; 10]);
        table.extend(offset.to_le_bytes());
        table.extend(name.as_bytes());
    }
    let (count, start) = (u16::try_from(members.len())?, u32::try_from(file.len())?);
    let size = u32::try_from(table.len())?;
    file.extend(table);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend(count.to_le_bytes());
    file.extend(count.to_le_bytes());
    file.extend(size.to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0, 0]);
    Ok(file)
}
