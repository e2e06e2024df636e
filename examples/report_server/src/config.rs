//! What the program can be told on its command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

pub const USAGE: &str = "\
Makes PDF reports in the background and shows how they come along.

usage: report_server [--address IP:PORT] [--data FOLDER] [--audit-log FILE] [--pace MILLISECONDS] [--host NAME]...

  --address    where to listen; port 0 takes a free one (127.0.0.1:0)
  --data       where the database lives ($REPORT_SERVER_DATA, or ./report_server_data)
  --audit-log  where the audit log goes (audit.log in the data folder)
  --pace       a pause before each page of a report, to watch the work by eye (0)
  --host       a name by which clients may call it, beside its addresses and localhost";

pub struct Config {
    pub address: SocketAddr,
    pub data: PathBuf,
    pub audit_log: PathBuf,
    pub pace: Duration,
    pub hosts: Vec<String>,
}

impl Config {
    /// Reads the arguments after the program's name. `None` if they ask for help.
    pub fn from_arguments(
        mut arguments: impl Iterator<Item = String>,
    ) -> Result<Option<Config>, String> {
        let mut address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut data = std::env::var_os("REPORT_SERVER_DATA").map(PathBuf::from);
        let mut audit_log = None;
        let mut pace = Duration::ZERO;
        let mut hosts = Vec::new();

        while let Some(option) = arguments.next() {
            if matches!(option.as_str(), "--help" | "-h") {
                return Ok(None);
            }
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("{option} needs a value"))
            };
            match option.as_str() {
                "--address" => {
                    let text = value()?;
                    address = text
                        .parse()
                        .map_err(|_| format!("--address takes IP:PORT, not {text:?}"))?;
                }
                "--data" => data = Some(value()?.into()),
                "--host" => hosts.push(value()?),
                "--audit-log" => audit_log = Some(value()?.into()),
                "--pace" => {
                    let text = value()?;
                    let milliseconds = text
                        .parse()
                        .map_err(|_| format!("--pace takes milliseconds, not {text:?}"))?;
                    pace = Duration::from_millis(milliseconds);
                }
                _ => return Err(format!("unknown option {option}")),
            }
        }

        let data = data.unwrap_or_else(|| "report_server_data".into());
        Ok(Some(Config {
            address,
            audit_log: audit_log.unwrap_or_else(|| data.join("audit.log")),
            data,
            pace,
            hosts,
        }))
    }
}
