//! HubSpot over real HTTP.
