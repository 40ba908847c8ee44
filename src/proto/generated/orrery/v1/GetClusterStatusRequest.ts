// Original file: proto/orrery/v1/cluster_service.proto


export interface GetClusterStatusRequestInit {
}

export interface GetClusterStatusRequestMessage {
}
