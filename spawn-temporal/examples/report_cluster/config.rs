//! The command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

pub const USAGE: &str = "usage: report_cluster [web|worker] [OPTION VALUE]…

without `--temporal` one process is both, on the local engine

  --temporal URL    the server's address, such as http://127.0.0.1:7233
  --address ADDR    where the page is (127.0.0.1:8080)
  --data FOLDER     where the PDFs and the list of reports are (report_cluster_data)
  --pace MILLIS     the pause before each page of a report (300)";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Web,
    Worker,
}

pub struct Config {
    pub role: Role,
    pub temporal: Option<String>,
    pub address: SocketAddr,
    pub data: PathBuf,
    pub pace: Duration,
}

impl Config {
    pub fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut config = Config {
            role: Role::Web,
            temporal: None,
            address: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data: PathBuf::from("report_cluster_data"),
            pace: Duration::from_millis(300),
        };
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("`{argument}` needs a value"))
            };
            match argument.as_str() {
                "web" => config.role = Role::Web,
                "worker" => config.role = Role::Worker,
                "--temporal" => config.temporal = Some(value()?),
                "--address" => {
                    config.address = value()?
                        .parse()
                        .map_err(|error| format!("--address: {error}"))?
                }
                "--data" => config.data = PathBuf::from(value()?),
                "--pace" => {
                    let millis = value()?
                        .parse()
                        .map_err(|error| format!("--pace: {error}"))?;
                    config.pace = Duration::from_millis(millis);
                }
                _ => return Err(format!("`{argument}` is unknown")),
            }
        }
        if config.role == Role::Worker && config.temporal.is_none() {
            return Err("a worker needs `--temporal`".to_owned());
        }
        Ok(config)
    }
}
